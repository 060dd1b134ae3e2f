/** What narrows the list, each to be removed by itself. */
import { X } from "lucide-react";
import { Button } from "@/components/Button";
import {
  DUE,
  readDue,
  readListing,
  readRatings,
  withParam,
  type Narrowing,
} from "@/features/interactions/filters";
import type { Account } from "@/lib/api/types";
import { exactTime } from "@/lib/format/time";
import { CHANNELS, INTENT, MARKETPLACE, REPLY_STATE } from "@/lib/words";

interface FilterChipsProps {
  /** Those that are shown where they narrow the list. */
  names: readonly Narrowing[];
  params: URLSearchParams;
  onChange: (params: URLSearchParams) => void;
  accounts: readonly Account[];
}

export function FilterChips({ names, params, onChange, accounts }: FilterChipsProps) {
  const { filters } = readListing(params);
  return names
    .filter((name) => filters[name] !== undefined)
    .map((name) => (
      <Button
        key={name}
        size="small"
        icon={<X size={12} />}
        aria-label={`Убрать фильтр: ${chipName(name, params, accounts)}`}
        onPress={() => onChange(withParam(params, name, undefined))}
      >
        {chipName(name, params, accounts)}
      </Button>
    ));
}

function chipName(name: Narrowing, params: URLSearchParams, accounts: readonly Account[]): string {
  const { filters } = readListing(params);
  switch (name) {
    case "rating":
      return `${readRatings(params).join(", ")} ★`;
    case "channel":
      return filters.channel ? CHANNELS[filters.channel] : "";
    case "marketplace":
      return filters.marketplace ? MARKETPLACE[filters.marketplace].name : "";
    case "reply_state":
      return filters.reply_state ? REPLY_STATE[filters.reply_state] : "";
    case "breached":
    case "due_within_minutes":
      return DUE.find(({ value }) => value === readDue(params))?.label ?? "";
    case "account_id":
      return accounts.find((account) => account.account_id === filters.account_id)?.name ?? "Кабинет";
    case "complaint":
      return "Жалобы";
    case "intent":
      return filters.intent ? INTENT[filters.intent] : "";
    case "product":
      return `Артикул ${filters.product ?? ""}`;
    case "written_since":
      return filters.written_since ? `Написаны с ${exactTime(filters.written_since)}` : "";
    case "written_until":
      return filters.written_until ? `Написаны до ${exactTime(filters.written_until)}` : "";
  }
}
