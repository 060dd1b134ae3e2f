/** Numbers of answers as lines and rows, each with the way to its list. */
import { Link } from "react-router";
import type { Days, MeasuredFilters, MetricBy, ReplyFigures, ReplyGroup } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { lasting } from "@/lib/format/time";
import { useAccountName } from "./account-name";
import { BY, causeName, groupName, measuredAddress, METRIC, type MetricFigure } from "./metric-words";
import styles from "./Quality.module.css";

interface CountProps {
  name: string;
  figure: MetricFigure;
  days: Days;
  filters?: Omit<MeasuredFilters, "metric">;
}

/** A number and the way to its list. */
export function Count({ name, figure: { metric, count }, days, filters = {} }: CountProps) {
  if (count === 0) return <>0</>;
  return (
    <Link to={measuredAddress(days, { metric, ...filters })} aria-label={`${name}: ${count}`}>
      {grouped(count)}
    </Link>
  );
}

interface GroupsProps {
  groups: readonly ReplyGroup[];
  by: MetricBy;
  days: Days;
  /** What there is to say about the table. */
  children?: React.ReactNode;
}

/** The numbers of groups, a row each. */
export function Groups({ groups, by, days, children }: GroupsProps) {
  const accountName = useAccountName();
  return (
    <section className={styles.card} aria-label={BY[by]}>
      <table className={styles.table}>
        <caption>
          <h2>{BY[by]}</h2>
        </caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Отвечено</th>
            <th scope="col">У половины</th>
            <th scope="col">У девяти из десяти</th>
            <th scope="col">В срок</th>
            <th scope="col">Не в срок</th>
            <th scope="col">Без правок</th>
            <th scope="col">Автоматически</th>
            <th scope="col">Отклонено</th>
            <th scope="col">Не удалось</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Row
              key={group.key ?? ""}
              group={group}
              name={groupName(by, group, accountName)}
              filters={{ by, ...(group.key === null ? {} : { key: group.key }) }}
              days={days}
            />
          ))}
        </tbody>
      </table>
      {children}
    </section>
  );
}

interface RowProps {
  group: ReplyGroup;
  name: string;
  filters: Omit<MeasuredFilters, "metric">;
  days: Days;
}

function Row({ group: { figures }, name, filters, days }: RowProps) {
  const { p50, p90 } = figures.first_answer_seconds;
  const cell = (metric: MetricFigure["metric"], count: number) => (
    <td>
      <Count
        name={`${name}, ${METRIC[metric].toLowerCase()}`}
        figure={{ metric, count }}
        days={days}
        filters={filters}
      />
    </td>
  );
  return (
    <tr>
      <th scope="row">{name}</th>
      {cell("answered", figures.answered)}
      <td>{p50 === null ? "—" : lasting(p50 * 1000)}</td>
      <td>{p90 === null ? "—" : lasting(p90 * 1000)}</td>
      {cell("sla_met", figures.sla_met.count)}
      {cell("sla_missed", figures.sla_missed.count)}
      {cell("accepted", figures.accepted.count)}
      {cell("automatic", figures.automatic.count)}
      {cell("refused", figures.refused)}
      {cell("failed", figures.failed)}
    </tr>
  );
}

/** How often sending failed, by why. */
export function Causes({ figures, days }: { figures: ReplyFigures; days: Days }) {
  if (figures.failures.length === 0) return null;
  return (
    <ul className={styles.causes} aria-label="Почему отправка не удалась">
      {figures.failures.map(({ cause, count }) => (
        <li key={cause}>
          {causeName(cause)}:{" "}
          <Count
            name={causeName(cause)}
            figure={{ metric: "failed", count }}
            days={days}
            filters={{ cause }}
          />
        </li>
      ))}
    </ul>
  );
}
