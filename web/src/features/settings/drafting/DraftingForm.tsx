/** The seller's wishes about drafts: edited and saved as a version. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice, type ChoiceOption } from "@/components/Choice";
import { Field } from "@/components/Field";
import { Lines } from "@/components/Lines";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { DraftingInForce } from "@/lib/api/types";
import { INTENT, INTENT_ORDER } from "@/lib/words";
import { asked, faults, isChanged, typed, type Typed } from "./form";

const SWITCH = [
  { value: "on", label: "Включено" },
  { value: "off", label: "Выключено" },
] as const;

const TONES = [
  { value: "formal", label: "Деловой" },
  { value: "friendly", label: "Дружеский" },
] as const;

const LEARNING = [
  { value: "on", label: "Учиться" },
  { value: "off", label: "Не учиться" },
] as const;

const ADDRESSES = [
  { value: "vy", label: "На «вы»" },
  { value: "ty", label: "На «ты»" },
] as const;

interface DraftingFormProps {
  loaded: DraftingInForce;
  /** Takes what is saved by now; what was edited is lost. */
  onReload: () => void;
}

export function DraftingForm({ loaded, onReload }: DraftingFormProps) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(loaded);
  const [form, setForm] = useState(() => typed(loaded.drafting));
  const save = useMutation({
    mutationFn: () => {
      const body = { replaces: saved.version, drafting: asked(form) };
      return intended("drafting", body, (key) =>
        api.PUT("/api/v1/seller/drafting", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (answer) => {
      client.setQueryData(keys.drafting, answer);
      setSaved(answer);
      setForm(typed(answer.drafting));
    },
  });
  const change = (part: Partial<Typed>) => {
    setForm({ ...form, ...part });
    save.reset();
  };
  const wrong = faults(form);
  const refused = save.error ? asProblem(save.error) : undefined;
  const fault = (name: keyof Typed, field: string) => wrong[name] ?? refused?.field(`drafting.${field}`);
  const isSound = Object.keys(wrong).length === 0;
  const mayBeSaved = isSound && isChanged(form, saved.drafting);
  return (
    <Form
      className={styles.wide ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (mayBeSaved && !save.isPending) save.mutate();
      }}
    >
      <section className={styles.card} aria-labelledby="drafting-who">
        <h2 id="drafting-who">Как готовятся</h2>
        <p className={styles.about}>
          Черновик ждёт оператора до того, как тот откроет обращение: сначала срочные, затем новые. Если
          выключить, черновик готовится по кнопке.
        </p>
        <Row label="Готовить заранее">
          <Switch label="Готовить заранее" isOn={form.ahead} onChange={(ahead) => change({ ahead })} />
        </Row>
        <p className={styles.about}>
          Без модели черновики берутся из шаблонов: по каналу, оценке и теме обращения. Они ничего не стоят.
        </p>
        <Row label="Языковая модель">
          <Switch
            label="Языковая модель"
            isOn={form.by_model}
            onChange={(by_model) => change({ by_model })}
          />
        </Row>
      </section>
      <section className={styles.card} aria-labelledby="drafting-voice">
        <h2 id="drafting-voice">Как звучат</h2>
        <Row label="Тон">
          <Choice label="Тон" value={form.tone} options={TONES} onChange={(tone) => change({ tone })} />
        </Row>
        <Row label="Обращение">
          <Choice
            label="Обращение"
            value={form.address}
            options={ADDRESSES}
            onChange={(address) => change({ address })}
          />
        </Row>
        <Field
          label="Подпись"
          help="Отдельной строкой под черновиком. Можно оставить пустой."
          maxLength={100}
          value={form.signature}
          onChange={(signature) => change({ signature })}
          error={fault("signature", "signature")}
        />
        <Lines
          label="Фразы бренда"
          help="По одной на строке: как пишется название, что важно сказать. Их читает модель."
          value={form.phrases}
          onChange={(phrases) => change({ phrases })}
          error={fault("phrases", "phrases")}
        />
        <Lines
          label="О чём не писать"
          help="По одной теме на строке. Их читает модель; что остановит любой ответ, задают правила ответов."
          value={form.forbiddenTopics}
          onChange={(forbiddenTopics) => change({ forbiddenTopics })}
          error={fault("forbiddenTopics", "forbidden_topics")}
        />
      </section>
      <section className={styles.card} aria-labelledby="drafting-learning">
        <h2 id="drafting-learning">На чём учиться</h2>
        <p className={styles.about}>
          Темы, ответы на которые не годятся в пример: их не показывают модели, их нет в очереди обучения и в
          выгрузке. Уже записанное остаётся в журнале и в показателях качества.
        </p>
        {INTENT_ORDER.map((intent) => (
          <Row key={intent} label={INTENT[intent]}>
            <Choice
              label={INTENT[intent]}
              value={form.notLearned.includes(intent) ? "off" : "on"}
              options={LEARNING}
              onChange={(value) =>
                change({
                  notLearned:
                    value === "off"
                      ? [...form.notLearned, intent]
                      : form.notLearned.filter((known) => known !== intent),
                })
              }
            />
          </Row>
        ))}
      </section>
      <section className={styles.card} aria-labelledby="drafting-pace">
        <h2 id="drafting-pace">Темп и расходы модели</h2>
        <p className={styles.about}>
          Когда лимит или бюджет исчерпан, черновики до конца дня берутся из шаблонов. День начинается в
          полночь по Москве.
        </p>
        <Field
          label="Черновиков подряд"
          help="От 1 до 100. Затем пауза, пока не пройдёт минута."
          inputMode="numeric"
          value={form.batchSize}
          onChange={(batchSize) => change({ batchSize })}
          error={fault("batchSize", "batch_size")}
        />
        <Field
          label="Пауза между ними"
          suffix="с"
          inputMode="decimal"
          value={form.delaySeconds}
          onChange={(delaySeconds) => change({ delaySeconds })}
          error={fault("delaySeconds", "delay_ms")}
        />
        <Field
          label="Черновиков в день"
          inputMode="numeric"
          value={form.dailyLimit}
          onChange={(dailyLimit) => change({ dailyLimit })}
          error={fault("dailyLimit", "daily_limit")}
        />
        <Field
          label="Бюджет на день"
          suffix="$"
          inputMode="decimal"
          value={form.dailyBudgetUsd}
          onChange={(dailyBudgetUsd) => change({ dailyBudgetUsd })}
          error={fault("dailyBudgetUsd", "daily_budget_micro_usd")}
        />
      </section>
      <div className={styles.row}>
        <Button weight="primary" type="submit" isPending={save.isPending} isDisabled={!mayBeSaved}>
          Сохранить
        </Button>
        <span className={styles.about}>Версия {saved.version} · действует сразу</span>
      </div>
      {save.error && (
        <ProblemNote error={save.error} shownFields={refused?.fields.map(({ field }) => field) ?? []} />
      )}
      {refused?.code === "drafting_changed" && (
        <div className={styles.row}>
          <Button onPress={onReload}>Открыть сохранённые настройки</Button>
          <span className={styles.about}>Ваши правки на этой странице пропадут.</span>
        </div>
      )}
      {save.isSuccess && <Note tone="good" role="status" title="Сохранено" />}
    </Form>
  );
}

function Row({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className={styles.row}>
      <span className={styles.name}>{label}</span>
      {children}
    </div>
  );
}

interface SwitchProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

function Switch({ label, isOn, onChange }: SwitchProps) {
  const options: readonly ChoiceOption<"on" | "off">[] = SWITCH;
  return (
    <Choice
      label={label}
      value={isOn ? "on" : "off"}
      options={options}
      onChange={(value) => onChange(value === "on")}
    />
  );
}
