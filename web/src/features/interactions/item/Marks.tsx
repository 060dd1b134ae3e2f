/** The places of findings, drawn behind the editor's text: an editor cannot mark its own. */
import { useLayoutEffect, useRef, type RefObject } from "react";
import type { Finding } from "@/lib/api/types";
import { marked } from "./marked";
import styles from "./Marks.module.css";

interface MarksProps {
  text: string;
  found: readonly Finding[];
  area: RefObject<HTMLTextAreaElement | null>;
}

export function Marks({ text, found, area }: MarksProps) {
  const behind = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const editor = area.current;
    if (!editor) return;
    const follow = () => {
      if (behind.current) behind.current.scrollTop = editor.scrollTop;
    };
    follow();
    editor.addEventListener("scroll", follow);
    return () => editor.removeEventListener("scroll", follow);
  }, [area, text]);
  return (
    <div ref={behind} className={styles.marks} aria-hidden="true">
      {marked(text, found).map(({ text: words, severity }, at) =>
        severity === undefined ? (
          words
        ) : (
          <mark key={at} className={severity === "error" ? styles.error : styles.warning}>
            {words}
          </mark>
        ),
      )}
      {/* The last line of an editor is there although it is empty. */}
      {"\n"}
    </div>
  );
}
