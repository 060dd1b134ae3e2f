/** A few values as bars, each with its number over it, so that nothing rests on colour or on sight alone. */
import styles from "./BarChart.module.css";

/** A bar: no value is a dash, which is something else than nothing at all. */
export interface Bar {
  name: string;
  /** A second line under the name. */
  note: string;
  value: number | null;
  label: string;
}

interface BarChartProps {
  title: string;
  bars: readonly Bar[];
  /** What a bar of full height stands for; the largest value unless said otherwise. */
  most?: number;
}

// In units of the drawing, which is scaled to the width there is.
const SLOT = 40;
const BAR = 26;
const TOP = 18;
const HEIGHT = 84;
const BASE = TOP + HEIGHT;
const NAMES = 34;

export function BarChart({ title, bars, most }: BarChartProps) {
  const width = bars.length * SLOT;
  const full = most ?? Math.max(...bars.map(({ value }) => value ?? 0));
  return (
    <figure className={styles.chart}>
      <figcaption>{title}</figcaption>
      <svg
        viewBox={`0 0 ${width} ${BASE + NAMES}`}
        role="img"
        aria-label={`${title}: ${bars.map(({ name, note, label }) => `${name} ${note} — ${label}`).join("; ")}`}
      >
        {bars.map(({ name, note, value, label }, index) => {
          const height = full > 0 ? (HEIGHT * (value ?? 0)) / full : 0;
          const middle = index * SLOT + SLOT / 2;
          return (
            <g key={name}>
              <rect
                className={styles.bar}
                x={middle - BAR / 2}
                y={BASE - height}
                width={BAR}
                height={height}
              />
              <text className={styles.label} x={middle} y={BASE - height - 6}>
                {label}
              </text>
              <text className={styles.name} x={middle} y={BASE + 15}>
                {name}
              </text>
              <text className={styles.name} x={middle} y={BASE + 29}>
                {note}
              </text>
            </g>
          );
        })}
        <line className={styles.base} x1={0} x2={width} y1={BASE} y2={BASE} />
      </svg>
    </figure>
  );
}
