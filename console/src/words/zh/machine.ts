import type { en } from "../en"

export const machine: (typeof en)["machine"] = {
  title: "机器",
  lead: "服务能否作答，由谁作答。",
  health: "健康状况",
  engines: "引擎",
  chosen: "使用中",
  here: "本机可用",
  away: "本机不可用",
  fine: "正常",
  not: "异常",
}
