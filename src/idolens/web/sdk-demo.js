import { idolens } from "/sdk.js"

const studio = idolens()
const at = (id) => document.getElementById(id)
const pen = at("canvas").getContext("2d")

pen.fillStyle = "#28346c"
pen.fillRect(0, 0, 320, 180)
pen.fillStyle = "#f2c14e"
pen.beginPath()
pen.arc(160, 90, 48, 0, 7)
pen.fill()

at("file").addEventListener("change", () => {
  const [file] = at("file").files
  at("video").hidden = !file
  if (file) at("video").src = URL.createObjectURL(file)
})

for (const [button, source] of [
  ["ask-canvas", at("canvas")],
  ["ask-video", at("video")],
  ["ask-screen", "screen"],
]) {
  at(button).addEventListener("click", async () => {
    at("answer").textContent = "…"
    try {
      const shot = await studio.capture(source)
      const said = await shot.ask(at("question").value)
      at("answer").textContent = `${said.answer} (${said.engine}, ${said.latency_ms} ms)`
    } catch (error) {
      at("answer").textContent = error.zh ? `${error.zh} ${error.en}` : error.message
    }
  })
}
