import type { en } from "../en"

export const review: (typeof en)["review"] = {
  title: "审核",
  lead: "机器不单独决定的内容。",
  empty: "选择要审核的场次",
  emptyBody: "需要复核的场次在场次列表中有标记；打开后可逐条查看发现及其画面。",
  toSessions: "前往场次",
}
