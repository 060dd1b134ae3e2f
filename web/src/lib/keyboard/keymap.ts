/**
 * What each key does. Keys are told by their place on the keyboard (`code`), so that they work with the Russian layout;
 * single keys work only when no field has the focus.
 */

export type Action =
  | "next"
  | "previous"
  | "open"
  | "back"
  | "send"
  | "send-and-next"
  | "filters"
  | "shortcuts"
  | "accept-draft"
  | "accept-and-send"
  | "refresh-draft"
  | "dismiss-draft"
  | "edit"
  | "undo"
  | "select"
  | "select-range"
  | "past"
  | "why"
  | "earlier"
  | "later"
  | "go-queue"
  | "go-settings"
  | "go-accounts"
  | "go-log";

export interface Keystroke {
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Where the focus is: in a field; on a control with keys of its own, such as a button; in a dialog; or nowhere in particular. */
export type FocusPlace = "field" | "control" | "dialog" | "page";

const SINGLE: Readonly<Record<string, Action>> = {
  KeyJ: "next",
  KeyK: "previous",
  KeyA: "accept-draft",
  KeyR: "refresh-draft",
  KeyD: "dismiss-draft",
  KeyE: "edit",
  KeyH: "past",
  KeyW: "why",
  KeyZ: "undo",
};

/** Keys that controls use themselves: acted on only while no control has the focus. */
const BARE: Readonly<Record<string, Action>> = {
  ArrowDown: "next",
  ArrowUp: "previous",
  ArrowLeft: "earlier",
  ArrowRight: "later",
  Enter: "open",
  NumpadEnter: "open",
};

const AFTER_G: Readonly<Record<string, Action>> = {
  KeyQ: "go-queue",
  KeyS: "go-settings",
  KeyC: "go-accounts",
  KeyL: "go-log",
};

/** Milliseconds within which the second key of "G then Q" must follow. */
export const SEQUENCE_MS = 1_500;

/** Whether this stroke begins a two-key sequence. */
export function beginsSequence(stroke: Keystroke, place: FocusPlace): boolean {
  return stroke.code === "KeyG" && isPlain(stroke) && (place === "page" || place === "control");
}

/** The action of a stroke, if it has one there; `afterG` tells that G was pressed just before. */
export function actionOf(stroke: Keystroke, place: FocusPlace, afterG: boolean): Action | undefined {
  if (place === "dialog") return undefined;
  const isEnter = stroke.code === "Enter" || stroke.code === "NumpadEnter";
  if (isEnter && (stroke.ctrlKey || stroke.metaKey) && !stroke.altKey) {
    return stroke.shiftKey ? "send-and-next" : "send";
  }
  if (stroke.code === "Escape" && isPlain(stroke)) return "back";
  if (place === "field" || stroke.ctrlKey || stroke.metaKey || stroke.altKey) return undefined;
  // "?" stands on Shift+Slash in the English layout and on Shift+Digit7 in the Russian one; "/" alone is Slash in both.
  if (stroke.code === "Slash") return stroke.shiftKey ? "shortcuts" : "filters";
  if (stroke.code === "Digit7" && stroke.shiftKey) return "shortcuts";
  if (stroke.code === "KeyX" && !afterG) return stroke.shiftKey ? "select-range" : "select";
  if (stroke.code === "KeyA" && stroke.shiftKey && !afterG) return "accept-and-send";
  if (stroke.shiftKey) return undefined;
  if (afterG) return AFTER_G[stroke.code];
  return SINGLE[stroke.code] ?? (place === "page" ? BARE[stroke.code] : undefined);
}

/** The sheet shown by "?": every key beside what it does. */
export const SHEET: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ["J", "↓"], does: "следующий" },
  { keys: ["K", "↑"], does: "предыдущий" },
  { keys: ["Enter"], does: "открыть, перейти к ответу" },
  { keys: ["Esc"], does: "назад к списку" },
  { keys: ["X"], does: "выбрать, снять выбор" },
  { keys: ["Shift + X"], does: "выбрать до этого обращения" },
  { keys: ["Ctrl/⌘ + Enter"], does: "отправить" },
  { keys: ["Ctrl/⌘ + Shift + Enter"], does: "отправить и открыть следующий" },
  { keys: ["A"], does: "принять черновик" },
  { keys: ["Shift + A"], does: "принять черновик и отправить" },
  { keys: ["R"], does: "подготовить или обновить черновик" },
  { keys: ["D"], does: "отклонить черновик, затем причина 1–4" },
  { keys: ["E"], does: "изменить черновик или ответ" },
  { keys: ["Z"], does: "отменить отправку, пока ответ не ушёл (вне поля)" },
  { keys: ["W"], does: "почему обращение в таком состоянии, и обратно" },
  { keys: ["H"], does: "как было: по событиям обращения, и обратно" },
  { keys: ["←", "→"], does: "к событию раньше, позже" },
  { keys: ["/"], does: "к фильтрам" },
  { keys: ["G, Q"], does: "в очередь" },
  { keys: ["G, C"], does: "в кабинеты" },
  { keys: ["G, L"], does: "в журнал событий" },
  { keys: ["G, S"], does: "в настройки" },
  { keys: ["?"], does: "эта подсказка" },
];

function isPlain(stroke: Keystroke): boolean {
  return !stroke.ctrlKey && !stroke.metaKey && !stroke.altKey && !stroke.shiftKey;
}
