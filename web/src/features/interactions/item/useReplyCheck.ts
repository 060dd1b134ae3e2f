/** What the rules have against the text in the editor, asked whenever somebody pauses. Sending asks them again. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { replyCheckQuery } from "@/lib/api/queries";
import type { Finding, Interaction } from "@/lib/api/types";
import { characters } from "@/lib/format/count";

/** As long as a pause between two words. */
const PAUSE_MS = 300;

export interface ReplyCheck {
  /** What was found last, what stops the text first. */
  found: readonly Finding[];
  /** It was found in the text as it stands, so places and verdict hold. */
  isOfText: boolean;
}

const NOTHING: ReplyCheck = { found: [], isOfText: false };

export function useReplyCheck(item: Interaction, isWanted: boolean, text: string): ReplyCheck {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);

  const hasWords = (value: string) => value.trim() !== "";
  // What is too long for any reply is said to be so, and not read.
  const isChecked = isWanted && hasWords(settled) && characters(settled.trim()) <= item.limits.max_chars;
  const { data, isPlaceholderData } = useQuery({
    ...replyCheckQuery(item.interaction_id, item.content.revisions, settled),
    enabled: isChecked,
    placeholderData: keepPreviousData,
  });
  if (!isChecked || !hasWords(text) || data === undefined) return NOTHING;
  return {
    found: [...data.violations, ...data.warnings],
    isOfText: settled === text && !isPlaceholderData,
  };
}
