import { ask } from "./ask"
import { machine } from "./machine"
import { policies } from "./policies"
import { report } from "./report"
import { review } from "./review"
import { sessions } from "./sessions"
import { shell } from "./shell"
import { states } from "./states"

/** All words in English; the Chinese ones have the same shape, or the types do not fit. */
export const en = { ask, machine, policies, report, review, sessions, shell, states }
