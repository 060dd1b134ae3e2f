/** The rules: settled as a version, or first held against history. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { AutomationInForce, Backtest } from "@/lib/api/types";
import { BacktestCard } from "./BacktestCard";
import { areSame, asked, faults, rulesOf, typed, type Typed } from "./form";
import { RuleFields } from "./RuleFields";
import { Stages } from "./Stages";

/** What it takes to read, check and send one reply: an assumption, shown with what follows from it. */
const SECONDS_PER_REPLY = 60;

const DAY_MS = 24 * 60 * 60 * 1000;

interface AutomationFormProps {
  loaded: AutomationInForce;
  /** Newest first. */
  backtests: readonly Backtest[];
  /** Takes what is saved by now; what was edited is lost. */
  onReload: () => void;
}

export function AutomationForm({ loaded, backtests, onReload }: AutomationFormProps) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(loaded);
  const [form, setForm] = useState(() => typed(loaded.automation));
  const [days, setDays] = useState<number>(30);
  const save = useMutation({
    mutationFn: (backtestId: string | null) => {
      const body = { replaces: saved.version, automation: asked(form, backtestId) };
      return intended("automation", body, (key) =>
        api.PUT("/api/v1/seller/automation", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (answer) => {
      client.setQueryData(keys.automation, answer);
      setSaved(answer);
      setForm(typed(answer.automation));
    },
  });
  const check = useMutation({
    mutationFn: () => {
      const until = new Date();
      const since = new Date(until.getTime() - days * DAY_MS);
      const body = {
        rules: rulesOf(form),
        since: since.toISOString(),
        until: until.toISOString(),
        seconds_per_reply: SECONDS_PER_REPLY,
      };
      return intended("backtest", body, (key) =>
        api.POST("/api/v1/automation/backtests", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (made) => client.setQueryData(keys.backtests, [made, ...backtests]),
  });
  const change = (part: Partial<Typed>) => {
    setForm({ ...form, ...part });
    save.reset();
    check.reset();
  };
  const wrong = faults(form);
  const refused = save.error ? asProblem(save.error) : undefined;
  const isSound = Object.keys(wrong).length === 0;
  const fits = isSound ? backtests.find((backtest) => areSame(backtest.rules, rulesOf(form))) : undefined;
  const restsOn = saved.automation.backtest_id;
  const keepsRules = isSound && areSame(saved.automation.rules, rulesOf(form));
  // Other rules rest on nothing until they are checked.
  const unchecked = asked(form, keepsRules ? restsOn : null);
  const isChanged =
    isSound && JSON.stringify(unchecked) !== JSON.stringify(asked(typed(saved.automation), restsOn));
  return (
    <Form
      className={styles.wide ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && !save.isPending) save.mutate(unchecked.backtest_id ?? null);
      }}
    >
      <Stages stage={saved.automation.stage} />
      <RuleFields form={form} faults={wrong} onChange={change} />
      <div className={styles.row}>
        <Button weight="primary" type="submit" isPending={save.isPending} isDisabled={!isChanged}>
          Сохранить
        </Button>
        <span className={styles.about}>
          Версия {saved.version} · действует со следующего черновика
          {isChanged && restsOn !== null && !keepsRules && " · проверка на истории снимется"}
        </span>
      </div>
      {save.error && <ProblemNote error={save.error} />}
      {refused?.code === "automation_changed" && (
        <div className={styles.row}>
          <Button onPress={onReload}>Открыть сохранённые настройки</Button>
          <span className={styles.about}>То, что вы правите здесь, пропадёт.</span>
        </div>
      )}
      {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
      <BacktestCard
        days={days}
        onDays={setDays}
        isSound={isSound}
        isPending={check.isPending}
        onCheck={() => check.mutate()}
        found={fits}
        isInForce={fits !== undefined && fits.backtest_id === restsOn}
        isSettling={save.isPending}
        onSettle={(id) => save.mutate(id)}
      />
      {check.error && <ProblemNote error={check.error} />}
    </Form>
  );
}
