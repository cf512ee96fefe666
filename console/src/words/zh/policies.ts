import type { en } from "../en"

export const policies: (typeof en)["policies"] = {
  title: "策略",
  lead: "对每张图片提的问题，以及回答达到多少才算数。",
  name: "策略",
  version: "版本",
  place: "使用情况",
  empty: "还没有策略",
  emptyBody: "请用 idolens policy add 文件 添加。",
}
