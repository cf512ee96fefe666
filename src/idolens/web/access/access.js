"use strict";
const find = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
// The token leaves the address bar, and with it the history, at once.
if (asked.has("token")) history.replaceState(null, "", location.pathname);

function onward() {
  const wanted = asked.get("next") || "/";
  if (!URL.canParse(wanted, location.origin)) return "/";
  const next = new URL(wanted, location.origin);
  return next.origin === location.origin ? next.pathname + next.search : "/";
}

async function send(event) {
  event.preventDefault();
  const form = find("form"), button = form.querySelector("button");
  const body = { name: find("name").value, password: find("password").value };
  if (asked.has("token")) body.token = asked.get("token");
  if (form.dataset.to.endsWith("setup") && !body.token) body.token = "";
  button.disabled = true;
  find("said").textContent = "";
  try {
    const reply = await fetch(form.dataset.to, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (reply.ok) { location.replace(onward()); return; }
    const { message, errors } = await reply.json();
    const fields = (errors || []).map((one) => `${one.field}: ${one.zh} · ${one.en}`);
    find("said").textContent = [`${message.zh} · ${message.en}`, ...fields].join(" ");
  } catch {
    find("said").textContent = "连接不上服务。 · The service cannot be reached.";
  } finally {
    button.disabled = false;
  }
}

find("form").addEventListener("submit", send);
