/** Numbers of complaints as rows, each with the way to those who complain. */
import { Link } from "react-router";
import type { Complaints, ComplaintTopic, Intent } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { percent } from "@/lib/lineage";
import { INTENT } from "@/lib/words";
import { complaintsAddress, share, trendWords, type Trend } from "./complaint-words";
import styles from "./Quality.module.css";

interface TopicTableProps {
  told: Complaints;
  title: string;
  /** Whether it is told how many there were before. */
  isCompared: boolean;
}

/** The topics of complaints, a row each. */
export function TopicTable({ told, title, isCompared }: TopicTableProps) {
  if (told.topics.length === 0) return null;
  return (
    <table className={styles.table}>
      <caption>
        <h2>{title}</h2>
      </caption>
      <thead>
        <tr>
          <td />
          <th scope="col">Жалоб</th>
          <th scope="col">Доля</th>
          {isCompared && <th scope="col">К прошлому периоду</th>}
        </tr>
      </thead>
      <tbody>
        {told.topics.map((topic) => (
          <tr key={topic.intent}>
            <th scope="row">{nameOf(topic)}</th>
            <td>
              <Count
                name={nameOf(topic)}
                told={told}
                count={topic.count}
                filters={{ intent: topic.intent }}
              />
            </td>
            <td>{percent(share(topic.count, told.complaints.count))}</td>
            {isCompared && <Change trend={topic} />}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A cell that says whether there are more than before. */
export function Change({ trend }: { trend: Trend }) {
  return <td className={trend.count > trend.before ? styles.worse : undefined}>{trendWords(trend)}</td>;
}

interface CountProps {
  name: string;
  told: Complaints;
  count: number;
  filters?: { intent?: string; product?: string };
}

/** A number and the way to those that it counts. */
export function Count({ name, told, count, filters = {} }: CountProps) {
  if (count === 0) return <>0</>;
  return (
    <Link to={complaintsAddress(told, filters)} aria-label={`${name}: ${count}`}>
      {grouped(count)}
    </Link>
  );
}

/** How a topic is called. */
export function nameOf({ intent }: ComplaintTopic): string {
  return INTENT[intent as Intent];
}
