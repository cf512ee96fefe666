/** Every page of the console: where it is, what it needs, and the key that leads to it. */
import { lazy, type ComponentType, type LazyExoticComponent } from "react"
import type { Permission } from "../api/shapes"
import type { IconName } from "../theme/Icon"
import type { Words } from "../words"

export interface Page {
  name: keyof Words["shell"]["pages"]
  path: string
  needs: Permission
  icon: IconName
  /** After `g`; none for pages that are reached from another. */
  key: string | null
  shown: LazyExoticComponent<ComponentType>
}

export const PAGES: Page[] = [
  { name: "ask", path: "/", needs: "ask", icon: "ask", key: "a", shown: lazy(() => import("./ask/AskPage")) },
  { name: "sessions", path: "/sessions", needs: "read", icon: "sessions", key: "s", shown: lazy(() => import("./sessions/SessionsPage")) },
  { name: "review", path: "/review", needs: "read", icon: "review", key: "r", shown: lazy(() => import("./review/ReviewPage")) },
  { name: "policies", path: "/policies", needs: "read", icon: "policies", key: "p", shown: lazy(() => import("./policies/PoliciesPage")) },
  { name: "machine", path: "/machine", needs: "read", icon: "machine", key: "m", shown: lazy(() => import("./machine/MachinePage")) },
  { name: "report", path: "/sessions/:session", needs: "read", icon: "report", key: null, shown: lazy(() => import("./report/ReportPage")) },
]
