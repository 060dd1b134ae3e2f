/** What is settled about automatic replies, what is typed beside it, and the way from one to the other. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { AutomationInForce } from "@/lib/api/types";
import { asked, typed, type Step, type Typed } from "./form";

/** `loaded` is what was read last: somebody may have stopped it all since the page was opened. */
export function useSettled(loaded: AutomationInForce) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(loaded);
  const [form, setForm] = useState(() => typed(loaded.automation));
  const take = (answer: AutomationInForce) => {
    setSaved(answer);
    setForm(typed(answer.automation));
  };
  const isEdited = JSON.stringify(form) !== JSON.stringify(typed(saved.automation));
  const isOvertaken = loaded.version > saved.version;
  // What is edited must not change under the hands; what is not, shows what holds.
  if (isOvertaken && !isEdited) take(loaded);
  const settling = {
    mutationFn: (step: Step) => {
      const body = { replaces: saved.version, automation: asked(form, step) };
      return intended("automation", body, (key) =>
        api.PUT("/api/v1/seller/automation", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (answer: AutomationInForce) => {
      client.setQueryData(keys.automation, answer);
      take(answer);
      void client.invalidateQueries({ queryKey: keys.automationStatus });
    },
  };
  // What is typed is saved at its button, and a step is taken in a window: each shows its own refusal.
  const save = useMutation(settling);
  const move = useMutation(settling);
  const type = (part: Partial<Typed>) => {
    setForm({ ...form, ...part });
    save.reset();
  };
  return { saved, form, isEdited, isOvertaken, type, save, move };
}
