/** All that a weekly report is told from, read at once. */
import { useQuery } from "@tanstack/react-query";
import { complaintsQuery, replyQualityQuery } from "@/lib/api/quality-queries";
import type { Complaints, Period, ReplyFigures, ReplyGroup, ReplyQuality } from "@/lib/api/types";
import { weekBefore } from "./week";

/** By what a report tells numbers apart. */
type ReportBy = "day" | "marketplace" | "account" | "operator" | "product";

export interface Report extends Omit<ReplyQuality, "groups"> {
  before: ReplyFigures;
  groups: Record<ReportBy, readonly ReplyGroup[]>;
  complaints: Complaints;
  /** When the first of these numbers was told: each holds all that was known by then. */
  toldAt: string;
}

/** Reads the report of a week; none until all of it is there, so that nobody prints a part. */
export function useReport(week: Period) {
  const day = useQuery(replyQualityQuery(week, "day"));
  const marketplace = useQuery(replyQualityQuery(week, "marketplace"));
  const account = useQuery(replyQualityQuery(week, "account"));
  const operator = useQuery(replyQualityQuery(week, "operator"));
  const product = useQuery(replyQualityQuery(week, "product"));
  const before = useQuery(replyQualityQuery(weekBefore(week)));
  const complaints = useQuery(complaintsQuery(week));
  const all = [day, marketplace, account, operator, product, before, complaints];

  const isTold =
    day.data &&
    marketplace.data &&
    account.data &&
    operator.data &&
    product.data &&
    before.data &&
    complaints.data;
  const report: Report | null = isTold
    ? {
        ...day.data,
        before: before.data.total,
        groups: {
          day: day.data.groups,
          marketplace: marketplace.data.groups,
          account: account.data.groups,
          operator: operator.data.groups,
          product: product.data.groups,
        },
        complaints: complaints.data,
        toldAt: new Date(Math.min(...all.map((part) => part.dataUpdatedAt))).toISOString(),
      }
    : null;
  return {
    report,
    error: all.find((part) => part.error !== null)?.error ?? null,
    refetch: () => {
      for (const part of all) if (part.error !== null) void part.refetch();
    },
  };
}
