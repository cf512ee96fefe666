export const policies = {
  title: "Policies",
  lead: "The questions that are asked of every picture, and from when on an answer counts.",
  name: "Policy",
  version: "Version",
  place: "In use",
  empty: "No policy in this house",
  emptyBody: "Add one with “idolens policy add FILE”.",
}
