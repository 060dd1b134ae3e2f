/** The seller's own phrases and exceptions: edited, tried on history, saved. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended, taken } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { Guardrails } from "@/lib/api/types";
import { Exceptions } from "./Exceptions";
import styles from "./Guardrails.module.css";
import { asked, edited, obstacle, type Lists } from "./lists";
import { Phrases } from "./Phrases";
import { Versions } from "./Versions";
import { WhatIfResult } from "./WhatIfResult";

const DAYS = [
  { value: "7", label: "За 7 дней" },
  { value: "30", label: "За 30 дней" },
  { value: "90", label: "За 90 дней" },
] as const;

type Days = (typeof DAYS)[number]["value"];

interface OwnListsProps {
  loaded: Guardrails;
  /** Takes what is saved by now; what was edited is lost. */
  onReload: () => void;
}

export function OwnLists({ loaded, onReload }: OwnListsProps) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(loaded);
  const [lists, setLists] = useState(() => edited(loaded));
  const [days, setDays] = useState<Days>("30");
  const whatIf = useMutation({
    mutationFn: () =>
      taken(api.POST("/api/v1/seller/guardrails/what-if", { body: { days: Number(days), ...asked(lists) } })),
  });
  const save = useMutation({
    mutationFn: () => {
      const body = { replaces: saved.version, ...asked(lists) };
      return intended("guardrails", body, (key) =>
        api.PUT("/api/v1/seller/guardrails", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (answer) => {
      client.setQueryData(keys.guardrails, answer);
      client.removeQueries({ queryKey: keys.replyChecks });
      void client.invalidateQueries({ queryKey: keys.guardrailsHistory });
      setSaved(answer);
      setLists(edited(answer));
    },
  });
  const change = (changed: Lists) => {
    setLists(changed);
    // What was said about other lists says nothing about these.
    whatIf.reset();
    save.reset();
  };
  const fields = new Map([whatIf.error, save.error].flatMap(named));
  const isChanged = JSON.stringify(asked(lists)) !== JSON.stringify(asked(edited(saved)));
  const hindered = obstacle(lists);
  const isConflict = save.error !== null && asProblem(save.error).code === "guardrails_changed";
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (hindered === null && isChanged && !save.isPending) save.mutate();
      }}
    >
      <Phrases lists={lists} fields={fields} onChange={change} />
      <Exceptions lists={lists} fields={fields} onChange={change} />
      <section className={styles.card} aria-labelledby="guardrails-save">
        <h2 id="guardrails-save">Проверить и сохранить</h2>
        <p className={styles.about}>
          Проверка покажет, какие из недавних ответов и черновиков новые списки остановили бы или пропустили.
          Ничего при этом не меняется и не отправляется.
        </p>
        <div className={styles.row}>
          <Choice label="За сколько дней проверить" value={days} options={DAYS} onChange={setDays} />
          <Button isPending={whatIf.isPending} isDisabled={hindered !== null} onPress={() => whatIf.mutate()}>
            Проверить на истории
          </Button>
          <Button
            weight="primary"
            type="submit"
            isPending={save.isPending}
            isDisabled={hindered !== null || !isChanged}
          >
            Сохранить
          </Button>
          <span className={styles.about}>Версия {saved.version}</span>
        </div>
        {hindered !== null && <p className={styles.about}>{hindered}</p>}
        {whatIf.error && <ProblemNote error={whatIf.error} shownFields={[...fields.keys()]} />}
        {save.error && <ProblemNote error={save.error} shownFields={[...fields.keys()]} />}
        {isConflict && (
          <div className={styles.row}>
            <Button onPress={onReload}>Открыть сохранённые правила</Button>
            <span className={styles.about}>Ваши правки на этой странице пропадут.</span>
          </div>
        )}
        {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
        {whatIf.data && <WhatIfResult told={whatIf.data} />}
      </section>
      <Versions present={saved.version} onTake={(taken) => change(edited(taken))} />
    </Form>
  );
}

/** What the server has against single lines. */
function named(error: unknown): [string, string][] {
  return error === null ? [] : asProblem(error).fields.map(({ field, message }) => [field, message]);
}
