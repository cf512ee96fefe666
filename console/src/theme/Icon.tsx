/** The console's own icons: strokes of 1.75 on a grid of 24. */
const PATHS = {
  ask: "M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H12l-5 4v-4h-.5A2.5 2.5 0 0 1 4 13.5zM9.7 8.8a2.3 2.3 0 1 1 3.4 2c-.7.4-1.1.8-1.1 1.5M12 13.9v.01",
  sessions: "M4 6h16v12H4zM8 6v12M16 6v12M4 10h4M4 14h4M16 10h4M16 14h4",
  review: "M9 5h11M9 12h11M9 19h11M3.5 5l1.2 1.2L7 4M3.5 12l1.2 1.2L7 11M3.5 19l1.2 1.2L7 18",
  policies: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h5",
  machine: "M5 5h14v6H5zM5 13h14v6H5zM8.5 8v.01M8.5 16v.01M12 8h4M12 16h4",
  picture: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M9 9v.01",
  camera: "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4",
  screen: "M3.5 5h17v11h-17zM9 20h6M12 16v4",
  upload: "M12 16V5M7.5 9.5 12 5l4.5 4.5M5 15v4h14v-4",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 15v2",
  broken: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.01",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10",
  system: "M4 5h16v11H4zM9 20h6M12 5v11",
  keyboard: "M3 7h18v10H3zM7 10.5v.01M11 10.5v.01M15 10.5v.01M18 10.5v.01M8 14h8",
  leave: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  close: "M6 6l12 12M18 6 6 18",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10-6.5z",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  pass: "M5 12.5l4.5 4.5L19 7.5",
  block: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M6 6l12 12",
  look: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6",
  report: "M5 3h14v18H5zM9 8h6M9 12h6M9 16h3",
  back: "M14.5 5.5 8 12l6.5 6.5",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2",
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
