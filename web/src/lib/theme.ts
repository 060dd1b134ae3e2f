/** Light, dark, or as the system says; remembered per browser. */
import { localStore } from "@/lib/storage";

export type Theme = "system" | "light" | "dark";

/** The theme chosen in this browser. */
export function chosenTheme(): Theme {
  const theme = localStore.read<Theme>("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** Shows the page in `theme` and remembers it. */
export function chooseTheme(theme: Theme): void {
  localStore.write("theme", theme);
  applyTheme(theme);
}

/** Shows the page in `theme`. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
