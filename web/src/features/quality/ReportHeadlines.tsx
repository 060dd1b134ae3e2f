/** What a weekly report begins with: a week's numbers beside those of the week before. */
import { ArrowDown, ArrowUp, Equal } from "lucide-react";
import { Link } from "react-router";
import { grouped } from "@/lib/format/count";
import { changeLine, headlines, type Change, type Headline, type Told } from "./report-words";
import type { Week } from "./week";
import quality from "./Quality.module.css";
import styles from "./Report.module.css";

export function ReportHeadlines({ told, week }: { told: Told; week: Week }) {
  return (
    <section className={quality.card} aria-labelledby="headlines">
      <h2 id="headlines">Главное за неделю</h2>
      <dl className={styles.headlines}>
        {headlines(told, week, week.isOver).map((headline) => (
          <div key={headline.name}>
            <dt>{headline.name}</dt>
            <dd className={styles.value}>
              <Value headline={headline} />
            </dd>
            <dd>
              Неделей раньше: {headline.before}
              {headline.change !== null && <Changed change={headline.change} />}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The value, and those that it rests on. */
function Value({ headline: { measure, value, basis } }: { headline: Headline }) {
  const list =
    basis.count === 0 ? (
      "0"
    ) : (
      <Link to={basis.address} aria-label={`${basis.name}: ${basis.count}`}>
        {grouped(basis.count)}
      </Link>
    );
  switch (measure) {
    case "count":
      return list;
    case "percent":
      return (
        <>
          {value}{" "}
          <small>
            {list} из {grouped(basis.of ?? 0)}
          </small>
        </>
      );
    case "seconds":
      return (
        <>
          {value} <small>измерено: {list}</small>
        </>
      );
  }
}

const ARROW = { up: ArrowUp, down: ArrowDown, same: Equal };

function Changed({ change }: { change: Change }) {
  const Arrow = ARROW[change.way];
  return (
    <p className={change.verdict === "хуже" ? styles.worse : styles.change}>
      <Arrow size={13} aria-hidden="true" /> {changeLine(change)}
    </p>
  );
}
