/** The path and the rules: settled as a version, or first held against history. */
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
import type { AutomationInForce, AutomationStage, Backtest } from "@/lib/api/types";
import { AUTOMATION_STAGE, isAutomatic } from "@/lib/words";
import { BacktestCard } from "./BacktestCard";
import { areSame, faults, rulesOf, type Step, type Typed } from "./form";
import { Outgoing } from "./Outgoing";
import { RuleFields } from "./RuleFields";
import { Stages } from "./Stages";
import { useSettled } from "./useSettled";

/** What it takes to read, check and send one reply: an assumption, shown with what follows from it. */
const SECONDS_PER_REPLY = 60;

const DAY_MS = 24 * 60 * 60 * 1000;

interface AutomationFormProps {
  /** As it was read last: somebody may have stopped it since this page was opened. */
  loaded: AutomationInForce;
  /** Newest first. */
  backtests: readonly Backtest[];
  /** Takes what is saved by now; what was edited is lost. */
  onReload: () => void;
}

export function AutomationForm({ loaded, backtests, onReload }: AutomationFormProps) {
  const client = useQueryClient();
  const { saved, form, isEdited, isOvertaken, type, save, move } = useSettled(loaded);
  const [days, setDays] = useState<number>(30);
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
    type(part);
    check.reset();
  };
  const { stage, backtest_id: restsOn } = saved.automation;
  const keepsRules = areSame(saved.automation.rules, rulesOf(form));
  // Other rules rest on nothing until they are checked.
  const kept: Step = keepsRules
    ? { stage, backtest_id: restsOn }
    : { stage: "observation", backtest_id: null };
  const wrong = faults(form, kept.stage);
  const refused = save.error ? asProblem(save.error) : undefined;
  const isSound = Object.keys(wrong).length === 0;
  const fits = isSound ? backtests.find((backtest) => areSame(backtest.rules, rulesOf(form))) : undefined;
  const isChanged = isSound && isEdited;
  const moveTo = (to: AutomationStage, onMoved: () => void) => {
    const checked = stage === "observation" ? (fits?.backtest_id ?? null) : restsOn;
    move.mutate({ stage: to, backtest_id: to === "observation" ? null : checked }, { onSuccess: onMoved });
  };
  return (
    <div className={styles.wide}>
      {isOvertaken && isEdited && (
        <Note
          tone="warn"
          role="status"
          title={`Настройки тем временем изменились: ступень «${AUTOMATION_STAGE[loaded.automation.stage]}», версия ${loaded.version}`}
          actions={<Button onPress={onReload}>Открыть сохранённые настройки</Button>}
        >
          <p>То, что вы правите здесь, пропадёт.</p>
        </Note>
      )}
      <Stages
        place={{
          automation: isOvertaken ? loaded.automation : saved.automation,
          offered: loaded.offered,
          isEdited,
          proof: fits?.agreement_percent === null ? undefined : fits,
        }}
        rests={backtests.find((backtest) => backtest.backtest_id === restsOn)}
        isPending={move.isPending}
        error={move.error}
        onMove={moveTo}
        onForget={move.reset}
      />
      <Outgoing />
      <Form
        className={styles.wide ?? ""}
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged && !save.isPending) save.mutate(kept);
        }}
      >
        <RuleFields form={form} faults={wrong} onChange={change} />
        <div className={styles.row}>
          <Button weight="primary" type="submit" isPending={save.isPending} isDisabled={!isChanged}>
            Сохранить
          </Button>
          <span className={styles.about}>
            Версия {saved.version} · действует со следующего черновика
            {isChanged && stage !== kept.stage && left(stage)}
          </span>
        </div>
        {save.error && <ProblemNote error={save.error} />}
        {refused?.code === "automation_changed" && !isOvertaken && (
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
          isAutomatic={isAutomatic(stage)}
          isKept={keepsRules}
          isSettling={save.isPending}
          onSettle={(id) => save.mutate({ stage: "backtested", backtest_id: id })}
        />
        {check.error && <ProblemNote error={check.error} />}
      </Form>
    </div>
  );
}

/** What other rules put an end to. */
function left(stage: AutomationStage): string {
  return isAutomatic(stage)
    ? " · новые правила не проверены: ступень вернётся на «Наблюдение», сами ответы уходить перестанут"
    : " · проверка на истории снимется";
}
