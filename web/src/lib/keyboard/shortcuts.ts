/** One listener for the whole page; screens say which actions they carry out while they are shown. */
import { useEffect, useRef } from "react";
import { actionOf, beginsSequence, SEQUENCE_MS, type Action, type FocusPlace } from "./keymap";

/** Returns false to leave the key to the browser and to handlers below; anything else means done. */
type Handler = () => unknown;

/** The handler added last goes first: the innermost screen decides. */
const handlers: { action: Action; run: Handler }[] = [];
let sequenceAt = 0;

const FIELD = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]";
const CONTROL = "button, a[href], [role=tab], [role=radio], [role=separator], [role=option], input";

function placeOf(target: EventTarget | null): FocusPlace {
  if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return "dialog";
  if (!(target instanceof Element)) return "page";
  if (target.closest("[data-shortcuts=page]") === target) return "page";
  if (target.closest("[role=listbox]:not([data-shortcuts])")) return "dialog";
  if (target.closest(FIELD)) return "field";
  return target.closest(CONTROL) ? "control" : "page";
}

/** Starts listening; returns how to stop. */
export function listenForShortcuts(): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || event.defaultPrevented) return;
    const place = placeOf(event.target);
    const afterG = event.timeStamp - sequenceAt < SEQUENCE_MS && sequenceAt > 0;
    sequenceAt = beginsSequence(event, place) ? event.timeStamp : 0;
    const action = actionOf(event, place, afterG);
    if (!action) return;
    for (const handler of handlers.toReversed()) {
      if (handler.action === action && handler.run() !== false) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
    }
  };
  document.addEventListener("keydown", onKeyDown, true);
  return () => document.removeEventListener("keydown", onKeyDown, true);
}

/** Carries out `action` by `run` while the component is shown. */
export function useShortcut(action: Action, run: Handler, isEnabled = true): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!isEnabled) return;
    const handler = { action, run: () => latest.current() };
    handlers.push(handler);
    return () => {
      handlers.splice(handlers.indexOf(handler), 1);
    };
  }, [action, isEnabled]);
}
