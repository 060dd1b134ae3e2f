/** Shows its children only once waiting has become noticeable, so that quick answers do not flicker. */
import { useEffect, useState } from "react";

const NOTICEABLE_MS = 150;

export function Delayed({ children, ms = NOTICEABLE_MS }: { children: React.ReactNode; ms?: number }) {
  const [isDue, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isDue ? children : null;
}
