/** Copies a text and says so. */
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./IconButton";

const SHOWN_MS = 1_500;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), SHOWN_MS);
    });
  };
  return (
    <IconButton
      label={isCopied ? "Скопировано" : label}
      icon={isCopied ? <Check size={14} /> : <Copy size={14} />}
      onPress={copy}
    />
  );
}
