import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App"
import "./theme/tokens.css"
import "./theme/base.css"

const root = document.getElementById("console")
if (!root) throw new Error("index.html has no #console")
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
