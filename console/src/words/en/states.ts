export const states = {
  loading: "Loading …",
  retry: "Try again",
  signIn: "Sign in",
  failed: {
    title: "This could not be loaded",
    unreachable: "The service cannot be reached. Is it running, and is this machine on the studio's network?",
    unexplained: "The service gave no reason (status {status}). Its log says more.",
  },
  notAllowed: {
    title: "This page is for others",
    body: "Your account may do other things here. Ask an admin of the studio if you need this page.",
    needs: "It needs the permission “{permission}”.",
  },
  signedOut: { title: "Your sign-in has ended", body: "Sign in again to go on. What you typed stays on this page." },
}
