/** Which key does what, where. */
import { expect, test } from "vitest";
import { actionOf, beginsSequence, type Keystroke } from "./keymap";

function press(code: string, modifiers: Partial<Keystroke> = {}): Keystroke {
  return { code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...modifiers };
}

test("single keys are told by their place, so the layout does not matter", () => {
  expect(actionOf(press("KeyJ"), "page", false)).toBe("next");
  expect(actionOf(press("KeyK"), "page", false)).toBe("previous");
  expect(actionOf(press("KeyA"), "control", false)).toBe("accept-draft");
});

test("single keys do nothing while a field has the focus", () => {
  for (const code of ["KeyJ", "KeyK", "KeyA", "KeyE", "Slash", "ArrowDown", "Enter"]) {
    expect(actionOf(press(code), "field", false)).toBeUndefined();
  }
});

test("sending works from the field, with Ctrl and with Command", () => {
  expect(actionOf(press("Enter", { ctrlKey: true }), "field", false)).toBe("send");
  expect(actionOf(press("NumpadEnter", { metaKey: true }), "field", false)).toBe("send");
  expect(actionOf(press("Enter", { ctrlKey: true, shiftKey: true }), "field", false)).toBe("send-and-next");
});

test("keys that a control needs are left to it", () => {
  expect(actionOf(press("Enter"), "control", false)).toBeUndefined();
  expect(actionOf(press("ArrowDown"), "control", false)).toBeUndefined();
  expect(actionOf(press("ArrowDown"), "page", false)).toBe("next");
});

test("X selects, with Shift as far as here", () => {
  expect(actionOf(press("KeyX"), "page", false)).toBe("select");
  expect(actionOf(press("KeyX", { shiftKey: true }), "page", false)).toBe("select-range");
  expect(actionOf(press("KeyX"), "field", false)).toBeUndefined();
  expect(actionOf(press("KeyX", { ctrlKey: true }), "page", false)).toBeUndefined();
});

test("drafts are accepted, sent, made anew and dismissed by one key each", () => {
  expect(actionOf(press("KeyA", { shiftKey: true }), "page", false)).toBe("accept-and-send");
  expect(actionOf(press("KeyR"), "page", false)).toBe("refresh-draft");
  expect(actionOf(press("KeyD"), "control", false)).toBe("dismiss-draft");
  expect(actionOf(press("KeyA", { shiftKey: true }), "field", false)).toBeUndefined();
});

test("nothing works behind a dialog", () => {
  expect(actionOf(press("KeyJ"), "dialog", false)).toBeUndefined();
  expect(actionOf(press("Enter", { ctrlKey: true }), "dialog", false)).toBeUndefined();
});

test("letters with a modifier belong to the browser", () => {
  expect(actionOf(press("KeyK", { ctrlKey: true }), "page", false)).toBeUndefined();
  expect(actionOf(press("KeyA", { metaKey: true }), "page", false)).toBeUndefined();
});

test("G begins a sequence that goes to a page", () => {
  expect(beginsSequence(press("KeyG"), "page")).toBe(true);
  expect(beginsSequence(press("KeyG"), "field")).toBe(false);
  expect(actionOf(press("KeyQ"), "page", true)).toBe("go-queue");
  expect(actionOf(press("KeyS"), "page", true)).toBe("go-settings");
  expect(actionOf(press("KeyQ"), "page", false)).toBeUndefined();
});

test("the sheet opens by the question mark of both layouts", () => {
  expect(actionOf(press("Slash", { shiftKey: true }), "page", false)).toBe("shortcuts");
  expect(actionOf(press("Digit7", { shiftKey: true }), "page", false)).toBe("shortcuts");
  expect(actionOf(press("Slash"), "page", false)).toBe("filters");
});

test("the arrows lead along the history where no control has the focus", () => {
  expect(actionOf(press("KeyH"), "page", false)).toBe("past");
  expect(actionOf(press("ArrowLeft"), "page", false)).toBe("earlier");
  expect(actionOf(press("ArrowRight"), "control", false)).toBeUndefined();
  expect(actionOf(press("Escape"), "field", false)).toBe("back");
});
