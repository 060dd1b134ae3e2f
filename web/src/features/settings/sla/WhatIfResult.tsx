/** What the policy in the form would have done to history, beside the one in force. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { accountsQuery, type SlaWhatIfPage } from "@/lib/api/queries";
import type { SlaCounts, SlaDifference, SlaVerdict } from "@/lib/api/types";
import { counted, grouped } from "@/lib/format/count";
import { exactTime } from "@/lib/format/time";
import { CHANNEL, PRIORITY } from "@/lib/words";
import styles from "./Sla.module.css";

const WAITS = ["ожидание", "ожидания", "ожиданий"] as const;

/** Changes that the server tells at once. */
const PAGE = 100;

const CLASS: Record<string, string> = {
  met: "в срок",
  breached: "просрочено",
  open: "ещё есть время",
};

interface WhatIfResultProps {
  /** The page that is shown. */
  page: SlaWhatIfPage;
  /** Another page is on its way. */
  isPending: boolean;
  onPage: (skip: number) => void;
}

export function WhatIfResult({ page, isPending, onPage }: WhatIfResultProps) {
  const { told, skip: skipped } = page;
  const accounts = useQuery(accountsQuery).data;
  const nameOf = (id: string) => accounts?.find((account) => account.account_id === id)?.name ?? "Кабинет";
  return (
    <div className={styles.told} role="status">
      <p>
        {counted(told.waits, WAITS)} ответа за период. Просрочено по действующим срокам{" "}
        <b>{grouped(told.all.before.breached)}</b>, по новым было бы <b>{grouped(told.all.after.breached)}</b>
        .
        {told.unknown > 0 &&
          ` Не посчитано: ${grouped(told.unknown)}. К первому чтению они уже были отвечены или закрыты, и когда это случилось, неизвестно.`}
        {told.unreadable > 0 && ` Не вошло обращений: ${grouped(told.unreadable)}. Их записи не читаются.`}
      </p>
      {told.changes_total === 0 && <p>Ничего не изменится.</p>}
      {told.waits > 0 && (
        <>
          <Sides
            name="По срочности"
            rows={told.priorities.map((row) => ({ ...row, id: row.priority, name: PRIORITY[row.priority] }))}
          />
          <Sides
            name="По кабинетам"
            rows={told.accounts.map((row) => ({ ...row, id: row.account_id, name: nameOf(row.account_id) }))}
          />
          <Sides
            name="По дням"
            rows={told.days.map((row) => ({ ...row, id: row.day, name: dayOf(row.day) }))}
          />
        </>
      )}
      {told.changes.length > 0 && (
        <>
          <h3>Что изменится: {grouped(told.changes_total)}</h3>
          <ul className={styles.changes} aria-label="Что изменится">
            {told.changes.map((change) => (
              <Difference key={`${change.interaction_id} ${change.since}`} change={change} />
            ))}
          </ul>
          <div className={styles.row}>
            {skipped > 0 && (
              <Button size="small" isPending={isPending} onPress={() => onPage(Math.max(0, skipped - PAGE))}>
                Назад
              </Button>
            )}
            <span className={styles.about}>
              {grouped(skipped + 1)}–{grouped(skipped + told.changes.length)} из {grouped(told.changes_total)}
            </span>
            {told.has_more && (
              <Button size="small" isPending={isPending} onPress={() => onPage(skipped + PAGE)}>
                Дальше
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

interface Row {
  id: string;
  name: string;
  before: SlaCounts;
  after: SlaCounts;
}

function Sides({ name, rows }: { name: string; rows: readonly Row[] }) {
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={name}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col">В срок сейчас</th>
            <th scope="col">было бы</th>
            <th scope="col">Просрочено сейчас</th>
            <th scope="col">было бы</th>
            <th scope="col">Ждёт, время есть</th>
            <th scope="col">было бы</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.name}</th>
              <td>{grouped(row.before.met)}</td>
              <td>{grouped(row.after.met)}</td>
              <td>{grouped(row.before.breached)}</td>
              <td data-differs={row.before.breached === row.after.breached ? undefined : true}>
                {grouped(row.after.breached)}
              </td>
              <td>{grouped(row.before.open)}</td>
              <td>{grouped(row.after.open)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Difference({ change }: { change: SlaDifference }) {
  return (
    <li>
      <Link to={`/queue/${change.interaction_id}`}>
        {CHANNEL[change.channel]}, {exactTime(change.since)}
      </Link>
      : {verdict(change.before)} → {verdict(change.after)}
    </li>
  );
}

function verdict({ priority, class: outcome, answer_by, rule }: SlaVerdict): string {
  const by = rule === null ? "" : `, правило ${rule}`;
  return `${PRIORITY[priority]} до ${exactTime(answer_by)}${by}, ${CLASS[outcome] ?? outcome}`;
}

/** "15.02.2026" */
function dayOf(day: string): string {
  return day.split("-").reverse().join(".");
}
