export const review = {
  title: "Review",
  lead: "What the machine would not decide alone.",
  empty: "Choose a session to review",
  emptyBody: "Sessions that ask for a review are marked in the list of sessions; open one to see each finding with its picture.",
  toSessions: "Go to the sessions",
}
