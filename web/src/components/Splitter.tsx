/** The line between two panes: dragged, or moved with the arrow keys; the width is remembered per browser. */
import { useState } from "react";
import { localStore } from "@/lib/storage";
import styles from "./Splitter.module.css";

const STEP_PERCENT = 2;

interface Limits {
  name: string;
  initial: number;
  min: number;
  max: number;
}

/** Width of the first pane in per cent, and how to change it. */
export function useSplit({ name, initial, min, max }: Limits) {
  const [percent, setPercent] = useState(() => clamp(localStore.read<number>(`split.${name}`) ?? initial));
  function clamp(value: number) {
    return Math.min(max, Math.max(min, Math.round(value * 10) / 10));
  }
  const change = (value: number) => {
    setPercent(clamp(value));
    localStore.write(`split.${name}`, clamp(value));
  };
  return { percent, change, min, max };
}

interface SplitterProps {
  label: string;
  controls: string;
  split: ReturnType<typeof useSplit>;
}

export function Splitter({ label, controls, split }: SplitterProps) {
  const { percent, change, min, max } = split;
  return (
    <div
      className={styles.splitter}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-controls={controls}
      aria-valuenow={Math.round(percent)}
      aria-valuemin={min}
      aria-valuemax={max}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        const box = event.currentTarget.parentElement?.getBoundingClientRect();
        if (box && event.currentTarget.hasPointerCapture(event.pointerId)) {
          change(((event.clientX - box.left) / box.width) * 100);
        }
      }}
      onKeyDown={(event) => {
        if (event.code === "ArrowLeft") change(percent - STEP_PERCENT);
        else if (event.code === "ArrowRight") change(percent + STEP_PERCENT);
        else if (event.code === "Home") change(min);
        else if (event.code === "End") change(max);
        else return;
        event.preventDefault();
      }}
    />
  );
}
