import { ask } from "./ask"
import { machine } from "./machine"
import { policies } from "./policies"
import { report } from "./report"
import { review } from "./review"
import { sessions } from "./sessions"
import { shell } from "./shell"
import { states } from "./states"

import type { en } from "../en"

export const zh: typeof en = { ask, machine, policies, report, review, sessions, shell, states }
