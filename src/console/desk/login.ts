import { forgetToken, keepToken } from "../shared/session.ts";
import { text } from "./text.ts";

export function askForToken(): void {
  forgetToken("desk");
  const form = document.querySelector<HTMLFormElement>("#login");
  if (!form?.hidden) return;
  const label = document.createElement("label");
  label.textContent = text("token");
  const input = document.createElement("input");
  input.type = "password";
  input.autocomplete = "off";
  const button = document.createElement("button");
  button.textContent = text("login");
  label.append(input);
  form.replaceChildren(label, button);
  form.hidden = false;
  input.focus();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.value) return;
    keepToken("desk", input.value);
    location.reload();
  });
}
