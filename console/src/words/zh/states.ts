import type { en } from "../en"

export const states: (typeof en)["states"] = {
  loading: "正在加载…",
  retry: "重试",
  signIn: "登录",
  failed: {
    title: "未能加载",
    unreachable: "连接不上服务。请确认服务正在运行，且本机在工作室网络中。",
    unexplained: "服务没有说明原因（状态 {status}），请查看其日志。",
  },
  notAllowed: {
    title: "你没有使用此页面的权限",
    body: "你的帐号可以使用其他页面。如需使用此页面，请联系工作室管理员。",
    needs: "需要权限“{permission}”。",
  },
  signedOut: { title: "登录已失效", body: "请重新登录后继续。本页已输入的内容会保留。" },
}
