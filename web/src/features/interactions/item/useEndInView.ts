/** Keeps the end of a feed in view for whoever reads there, and leaves alone whoever has scrolled up. */
import { useEffect, useRef, useState } from "react";

/** This near the end one reads the end. */
const NEAR_PX = 48;

/** `count` grows with what must not be missed. */
export function useEndInView(count: number) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  /** How many there were when the end was in view; nothing while it is. */
  const [seen, setSeen] = useState<number>();

  const show = () => {
    const feed = box.current;
    if (feed) feed.scrollTop = feed.scrollHeight;
  };
  useEffect(() => {
    const [feed, inner] = [box.current, content.current];
    if (!feed || !inner) return;
    // News make it longer, and the editor below may take room from it.
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) feed.scrollTop = feed.scrollHeight;
    });
    observer.observe(feed);
    observer.observe(inner);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const feed = box.current;
    if (!feed) return;
    isAtEnd.current = feed.scrollHeight - feed.scrollTop - feed.clientHeight < NEAR_PX;
    setSeen((known) => (isAtEnd.current ? undefined : (known ?? count)));
  };
  return { box, content, onScroll, show, unseen: seen === undefined ? 0 : Math.max(0, count - seen) };
}
