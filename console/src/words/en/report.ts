export const report = {
  back: "All sessions",
  export: "Export",
  formats: { json: "Signed JSON", csv: "Table (CSV)", html: "Page (HTML)" },
  growing: "The report is written when the machine has looked at everything.",
  growingTitle: "The machine is still looking",
  frame: "The session's report",
  missing: "There is no such session",
  missingBody: "It may have been deleted when its time was over.",
  facts: { policy: "Policy", engine: "Answered by", step: "Looked at", length: "Length" },
}
