/** Before many are answered: what each would get, what is in the way, and how long it takes. */
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, ListChecks, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { Empty } from "@/components/Empty";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { announce } from "@/lib/announce";
import type { Finding, PreflightItem } from "@/lib/api/types";
import { readChoice, type BulkChoice } from "@/lib/bulk-choice";
import { characters, counted, grouped } from "@/lib/format/count";
import { MARKETPLACE } from "@/lib/words";
import { durationOf, ITEMS, sendWords } from "./bulk-words";
import { preflightQuery, useRequestBulk } from "./bulks";
import styles from "./Bulk.module.css";

/** A pause in typing after which the text is judged. */
const PAUSE_MS = 600;
const TEXT_CHARS_MAX = 5_000;

export function NewBulkPage() {
  const choice = readChoice(useLocation().state);
  if (choice === undefined) {
    return (
      <Empty icon={<ListChecks size={28} />} title="Обращения не выбраны">
        <p>
          Отметьте их в <Link to="/queue?needs_response=true">очереди</Link> клавишей <kbd>X</kbd>.
        </p>
      </Empty>
    );
  }
  return <Preflight choice={choice} />;
}

function Preflight({ choice }: { choice: BulkChoice }) {
  const navigate = useNavigate();
  const [mode, setMode] = useState<"drafts" | "text">(choice.text === undefined ? "drafts" : "text");
  const [text, setText] = useState(choice.text ?? "");
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const settled = useSettled(text.trim());
  const judged = mode === "drafts" ? undefined : settled;
  const isBlank = mode === "text" && settled === "";
  const preflight = useQuery({ ...preflightQuery(choice, judged), enabled: !isBlank });
  const request = useRequestBulk((id) => void navigate(`/bulk/${id}`, { replace: true }));
  const isJudging = preflight.isFetching || (mode === "text" && text.trim() !== settled);
  const items = isBlank ? [] : (preflight.data?.items ?? []);
  const isGoing = (item: PreflightItem) => goes(item, turned.has(item.interaction.interaction_id));
  const going = items.filter(isGoing);

  const told = preflight.data;
  useEffect(() => {
    if (told) announce(`Готовы к отправке: ${told.sendable} из ${told.items.length}`);
  }, [told]);

  const start = () =>
    request.mutate({
      items: going.map(({ interaction, basis, draft_id }) => ({
        interaction_id: interaction.interaction_id,
        basis,
        draft_id,
      })),
      ...(judged === undefined ? {} : { text: judged }),
    });
  const toggle = (id: string) => {
    const next = new Set(turned);
    if (!next.delete(id)) next.add(id);
    setTurned(next);
  };
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Ответить всем</h1>
        <Button weight="ghost" onPress={() => void navigate(-1)}>
          Назад к очереди
        </Button>
      </header>
      <fieldset className={styles.modes}>
        <legend>Что отправить</legend>
        <label>
          <input type="radio" name="mode" checked={mode === "drafts"} onChange={() => setMode("drafts")} />{" "}
          Черновик каждого обращения
        </label>
        <label>
          <input type="radio" name="mode" checked={mode === "text"} onChange={() => setMode("text")} /> Один
          текст для всех
        </label>
      </fieldset>
      {mode === "text" && (
        <label className={styles.text}>
          <span>Текст для всех</span>
          <textarea
            rows={4}
            maxLength={TEXT_CHARS_MAX}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <span className={styles.quiet}>
            {grouped(characters(text))} / {grouped(TEXT_CHARS_MAX)}
          </span>
        </label>
      )}
      {preflight.error && <ProblemNote error={preflight.error} onRetry={() => void preflight.refetch()} />}
      {request.error && <ProblemNote error={request.error} />}
      {told && !isBlank && (
        <Note
          tone={told.sendable === told.items.length ? "good" : "warn"}
          title={`Готовы к отправке: ${grouped(told.sendable)} из ${grouped(told.items.length)}`}
        >
          {told.reasons.length > 0 && (
            <ul className={styles.reasons}>
              {told.reasons.map((reason) => (
                <li key={reason.code}>
                  {reason.message} — {grouped(reason.count)}
                </li>
              ))}
            </ul>
          )}
        </Note>
      )}
      <div className={styles.actions}>
        <Button
          weight="primary"
          isDisabled={going.length === 0 || isJudging}
          isPending={request.isPending}
          onPress={start}
        >
          {going.length === 0 ? "Отправлять нечего" : sendWords(going.length)}
        </Button>
        <Button isDisabled={isBlank || isJudging} onPress={() => void preflight.refetch()}>
          Проверить снова
        </Button>
        {isJudging && <Spinner />}
        {told && going.length > 0 && (
          <span className={styles.quiet}>
            Займёт {durationOf(told.estimated_seconds)} по лимитам площадок
          </span>
        )}
      </div>
      {items.length > 0 && (
        <div className={styles.scroll}>
          <table className={`${styles.table} ${styles.judged}`}>
            <caption className="visually-hidden">
              {counted(items.length, ITEMS)}: что будет отправлено
            </caption>
            <thead>
              <tr>
                <th scope="col">
                  <span className="visually-hidden">Отправить</span>
                </th>
                <th scope="col">Обращение</th>
                <th scope="col">Ответ</th>
                <th scope="col">Проверка</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row
                  key={item.interaction.interaction_id}
                  item={item}
                  isGoing={isGoing(item)}
                  onToggle={() => toggle(item.interaction.interaction_id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

/** Whether an item is sent: what changed since it was chosen only when a person turns that on. */
function goes({ sendable, changed }: PreflightItem, isTurned: boolean): boolean {
  return sendable ? !isTurned : changed && isTurned;
}

interface RowProps {
  item: PreflightItem;
  isGoing: boolean;
  onToggle: () => void;
}

function Row({ item, isGoing, onToggle }: RowProps) {
  const { interaction, text, sendable, changed, reason, violations, warnings } = item;
  const buyer = interaction.buyer_name || "Покупатель";
  return (
    <tr data-blocked={(!sendable && !changed) || undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={`Отправить: ${buyer}`}
          checked={isGoing}
          disabled={!sendable && !changed}
          onChange={onToggle}
        />
      </td>
      <td>
        <Link to={`/queue/${interaction.interaction_id}`}>
          {MARKETPLACE[interaction.marketplace].short} · {buyer}
          {interaction.rating !== null && ` · ${interaction.rating}★`}
        </Link>
        <p className={styles.quiet}>{interaction.preview || "Без текста"}</p>
      </td>
      <td className={styles.words}>{text ?? <i>Нет текста</i>}</td>
      <td>
        {reason === null ? (
          <span className={styles.good}>Можно отправить</span>
        ) : (
          <p className={styles.bad}>
            <CircleAlert size={14} aria-hidden="true" /> {reason.message}
          </p>
        )}
        {changed && (
          <p className={styles.quiet}>
            Прочтите новое. Подходит ответ по-прежнему — отметьте обращение, и оно уйдёт.
          </p>
        )}
        <Found found={[...violations, ...warnings]} />
      </td>
    </tr>
  );
}

function Found({ found }: { found: readonly Finding[] }) {
  if (found.length === 0) return null;
  return (
    <ul className={styles.found}>
      {found.map((finding) => (
        <li
          key={`${finding.type} ${finding.listed ?? ""} ${finding.place?.start ?? ""}`}
          className={finding.severity === "error" ? styles.bad : styles.warn}
        >
          {finding.severity === "error" ? (
            <CircleAlert size={12} aria-label="Мешает отправить" />
          ) : (
            <TriangleAlert size={12} aria-label="Предупреждение" />
          )}{" "}
          {finding.phrase !== null && <q>{finding.phrase}</q>} {finding.message} {finding.instead}
        </li>
      ))}
    </ul>
  );
}

/** The text as it stands once its author pauses. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
