// Runs sdk.js as a page would, with the least of a page around it.
// node sdk.mjs FILE_URL SERVICE PICTURE_BASE64
const [, , file, service, picture] = process.argv
const bytes = Uint8Array.from(Buffer.from(picture, "base64"))
let drawn = null
globalThis.document = {
  createElement: () => ({
    getContext: () => ({
      drawImage: (_source, _x, _y, width, height) => (drawn = [width, height]),
    }),
    toBlob: (done) => done(new Blob([bytes], { type: "image/png" })),
  }),
}
const { idolens } = await import(file)
const studio = idolens({ url: service })
const shot = await studio.capture({ videoWidth: 4096, videoHeight: 1024 })
const said = await shot.ask("画面中是否有未授权LOGO?")
const choice = await shot.ask("什么颜色?", { kind: "choice", choices: ["红", "蓝"] })
const nothing = await studio.capture({ width: 0 }).catch((error) => error.name)
const refused = await studio.ask(new Blob([bytes]), "").catch((error) => error)
console.log(
  JSON.stringify({
    drawn,
    answer: said.answer,
    kind: choice.kind,
    nothing,
    refused: [refused.name, refused.status, refused.code, refused.zh],
  }),
)
