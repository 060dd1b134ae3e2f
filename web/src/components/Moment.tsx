/** A time: relative at a glance, exact on hover and for a screen reader. */
import { exactTime, relativeTime } from "@/lib/format/time";
import { useNow } from "@/lib/clock";

export function Moment({ at, isExact = false }: { at: string; isExact?: boolean }) {
  const now = useNow();
  const exact = exactTime(at);
  return (
    <time dateTime={at} title={exact} aria-label={exact}>
      {isExact ? exact : relativeTime(at, now)}
    </time>
  );
}
