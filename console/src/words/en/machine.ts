export const machine = {
  title: "Machine",
  lead: "Whether the service can answer, and who answers.",
  health: "Health",
  engines: "Engines",
  chosen: "In use",
  here: "Can be used here",
  away: "Not on this machine",
  fine: "Fine",
  not: "Not fine",
}
