import { effect, signal } from "@preact/signals";

const STORED = "kerbside.desk.theme";

const preferred = (): "light" | "dark" => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const kept = localStorage.getItem(STORED);

/** Light by day, dark by night: a desk is looked at for eight hours. */
export const theme = signal<"light" | "dark">(kept === "light" || kept === "dark" ? kept : preferred());

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function switchTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(STORED, theme.value);
}
