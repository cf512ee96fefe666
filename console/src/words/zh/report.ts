import type { en } from "../en"

export const report: (typeof en)["report"] = {
  back: "全部场次",
  export: "导出",
  formats: { json: "签名 JSON", csv: "表格（CSV）", html: "网页（HTML）" },
  growing: "机器查看完全部内容后会写出报告。",
  growingTitle: "机器仍在查看",
  frame: "该场次的报告",
  missing: "没有这个场次",
  missingBody: "可能已因保存期满而删除。",
  facts: { policy: "策略", engine: "作答", step: "采样", length: "时长" },
}
