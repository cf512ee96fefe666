"use strict";
const find = (id) => document.getElementById(id);
let picture = null;

function take(file) {
  if (!file) return;
  picture = file;
  if (find("seen").src) URL.revokeObjectURL(find("seen").src);
  find("seen").src = URL.createObjectURL(file);
  find("seen").hidden = false;
  find("hint").hidden = true;
}

function asDataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

function show(answer, facts, demonstration) {
  find("answer").textContent = answer;
  find("facts").textContent = facts;
  find("demonstration").hidden = !demonstration;
  find("result").hidden = false;
}

async function ask(event) {
  event.preventDefault();
  if (!picture) { find("file").click(); return; }
  const button = find("form").querySelector("button");
  button.disabled = true;
  try {
    const reply = await fetch("/vlm/infer", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ image: await asDataUrl(picture), question: find("question").value }),
    });
    const body = await reply.json();
    if (!reply.ok) { show(body.message.zh, body.message.en, false); return; }
    const sure = body.probability === null ? "" : `${Math.round(body.probability * 100)} % · `;
    show(body.answer, `${sure}${body.model} · ${Math.round(body.latency_ms)} ms`, body.demonstration);
  } catch {
    show("连接不上服务。", "The service cannot be reached.", false);
  } finally {
    button.disabled = false;
  }
}

async function who() {
  const reply = await fetch("/api/v1/me");
  if (!reply.ok) return;
  const me = await reply.json();
  find("open").hidden = !me.open_to_all;
  find("who").hidden = me.kind !== "account";
  find("name").textContent = me.name || "";
}

async function out() {
  await fetch("/api/v1/session", { method: "DELETE" });
  location.replace("/sign-in");
}

who().catch(() => show("连接不上服务。", "The service cannot be reached.", false));
find("out").addEventListener("click", out);
find("form").addEventListener("submit", ask);
find("file").addEventListener("change", (event) => take(event.target.files[0]));
document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  find("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    find("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files[0]);
  });
}
