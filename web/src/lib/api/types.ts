/** The API's words, under the names the console uses for them. */
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type AccountKey = Schemas["AccountKey"];
export type Alert = Schemas["Alert"];
export type MarketplaceList = Schemas["MarketplaceList"];
export type AlertSeverity = Schemas["AlertSeverity"];
export type Automation = Schemas["Automation"];
export type AutomationInForce = Schemas["AutomationInForce"];
export type AutomationRules = Schemas["AutomationRules"];
export type AutomationStage = Schemas["AutomationStage"];
export type AutomationStatus = Schemas["AutomationStatus"];
export type AutomationStatusItem = Schemas["AutomationStatusItem"];
export type Backtest = Schemas["Backtest"];
export type Bulk = Schemas["Bulk"];
export type BulkItemState = Schemas["BulkItemState"];
export type BulkRequest = Schemas["BulkRequest"];
export type BulkSummary = Schemas["BulkSummary"];
export type BuiltInRule = Schemas["BuiltInRule"];
export type Change = Schemas["Change"];
export type ChangedInteraction = Schemas["ChangedInteraction"];
export type Channel = Schemas["Channel"];
export type Claim = Schemas["Claim"];
export type ClaimPage = Schemas["ClaimPage"];
export type ClosedWeek = Schemas["ClosedWeek"];
export type CloudEvent = Schemas["CloudEvent"];
export type Comparison = Schemas["Comparison"];
export type ComparisonDraft = Schemas["ComparisonDraft"];
export type ComparisonFigures = Schemas["ComparisonFigures"];
export type ComparisonOutcome = Schemas["ComparisonOutcome"];
export type ComparisonReport = Schemas["ComparisonReport"];
export type ComparisonState = Schemas["ComparisonState"];
export type DismissReason = Schemas["DismissReason"];
export type Draft = Schemas["Draft"];
export type Drafting = Schemas["Drafting"];
export type DraftingInForce = Schemas["DraftingInForce"];
export type Finding = Schemas["Violation"];
export type Guardrails = Schemas["Guardrails"];
export type GuardrailsChange = Schemas["GuardrailsChange"];
export type GuardrailsLists = Schemas["GuardrailsLists"];
export type GuardrailsVersion = Schemas["GuardrailsVersion"];
export type Intent = Schemas["Intent"];
export type Interaction = Schemas["Interaction"];
export type InteractionCounts = Schemas["InteractionCounts"];
export type InteractionPage = Schemas["InteractionPage"];
export type InteractionStatus = Schemas["InteractionStatus"];
export type InteractionSummary = Schemas["InteractionSummary"];
export type KeyReport = Schemas["KeyReport"];
export type KnowledgeDocument = Schemas["KnowledgeDocument"];
export type KnowledgeFilters = Pick<NonNullable<operations["knowledge"]["parameters"]["query"]>, "kind">;
export type KnowledgeImported = Schemas["KnowledgeImported"];
export type KnowledgeItem = Schemas["KnowledgeItem"];
export type KnowledgePage = Schemas["KnowledgePage"];
export type KnowledgeProduct = Schemas["KnowledgeProduct"];
export type ListedPhrase = Schemas["ListedPhrase"];
export type LogStanding = Schemas["LogStanding"];
export type Marketplace = Schemas["Marketplace"];
export type Message = Schemas["Message"];
export type Me = Schemas["Me"];
export type Permission = Schemas["Permission"];
export type PersonList = Schemas["PersonList"];
export type Member = Schemas["Member"];
export type MemberChange = Schemas["MemberChange"];
export type Role = Schemas["Role"];
export type RoleList = Schemas["RoleList"];
export type RoleContent = Schemas["RoleContent"];
export type SellersRole = Schemas["SellersRole"];
export type Invitation = Schemas["Invitation"];
export type InvitationList = Schemas["InvitationList"];
export type NewInvitation = Schemas["NewInvitation"];
export type OpenInvitation = Schemas["OpenInvitation"];
export type ApiToken = Schemas["ApiToken"];
export type NewToken = Schemas["NewToken"];
export type TokenList = Schemas["TokenList"];
export type PasswordChange = Schemas["PasswordChange"];
export type SessionList = Schemas["SessionList"];
export type SignedIn = Schemas["SignedIn"];
export type Medium = Schemas["Medium"];
export type NewKnowledge = Schemas["NewKnowledge"];
export type NewRecipient = Schemas["NewRecipient"];
export type NewReply = Schemas["AnswerRequest"];
export type NotificationAddress = Schemas["NotificationAddress"];
export type Notifications = Schemas["Notifications"];
export type Preflight = Schemas["Preflight"];
export type PreflightItem = Schemas["PreflightItem"];
export type Priority = Schemas["Priority"];
export type ProblemBody = Schemas["Problem"];
export type Recipient = Schemas["Recipient"];
export type RecipientChange = Schemas["RecipientChange"];
export type RecipientList = Schemas["RecipientList"];
export type RelatedKind = Schemas["RelatedKind"];
export type Reply = Schemas["Reply"];
export type ReplyAccepted = Schemas["ReplyAccepted"];
export type ReplyCheck = Schemas["ReplyCheck"];
export type ReplyEvidence = Schemas["ReplyEvidence"];
export type ReplyState = Schemas["ReplyState"];
export type Retried = Schemas["Retried"];
export type Sending = Schemas["Sending"];
export type SendingQuarantine = Schemas["SendingQuarantine"];
export type SendingStatus = Schemas["SendingStatus"];
export type SendingStop = Schemas["SendingStop"];
export type Settings = Schemas["Settings"];
export type Severity = Schemas["Severity"];
export type Sla = Schemas["Sla"];
export type SlaClock = Schemas["SlaClock"];
export type SlaCounts = Schemas["SlaCounts"];
export type SlaDifference = Schemas["SlaDifference"];
export type SlaInForce = Schemas["SlaInForce"];
export type SlaVerdict = Schemas["SlaVerdict"];
export type SlaVersion = Schemas["SlaVersion"];
export type SlaWhatIf = Schemas["SlaWhatIf"];
/** A policy held against a period, and the page of changes that is told. */
export type SlaWhatIfRequest = Schemas["SlaWhatIfRequest"] & { skip: number };
export type WorkingInterval = Schemas["WorkingInterval"];
export type Step = Schemas["Step"];
export type DraftSource = Schemas["DraftSource"];
export type DraftQuality = Schemas["DraftQuality"];
export type DraftGroup = Schemas["DraftGroup"];
export type DraftFigures = Schemas["DraftFigures"];
export type JudgedDraft = Schemas["JudgedDraft"];
export type JudgedFilters = Omit<
  NonNullable<operations["judged_drafts"]["parameters"]["query"]>,
  "since" | "until" | "limit" | "after" | "at_least"
>;
export type JudgedPage = Schemas["JudgedPage"];
export type Measured = Schemas["Measured"];
export type MeasuredPage = Schemas["MeasuredPage"];
export type MeasuredFilters = Omit<
  operations["reply_quality_items"]["parameters"]["query"],
  "from" | "to" | "limit" | "after" | "at_least"
>;
/** The first day and the day after the last, in the seller's zone. */
export type Period = Pick<operations["reply_quality_items"]["parameters"]["query"], "from" | "to">;
/** So many days up to today, or those of a period. */
export type Days = number | Period;
export type Complaints = Schemas["Complaints"];
export type ComplaintTopic = Schemas["ComplaintTopic"];
export type MetricBy = NonNullable<MeasuredFilters["by"]>;
export type QualityMetric = MeasuredFilters["metric"];
export type ReplyFigures = Schemas["ReplyFigures"];
export type ReplyGroup = Schemas["ReplyGroup"];
export type ReplyLineage = Schemas["ReplyLineage"];
export type ReplyQuality = Schemas["ReplyQuality"];
export type UnansweredList = Schemas["UnansweredList"];
export type UnansweredQuestion = Schemas["UnansweredQuestion"];
export type UnreadItemList = Schemas["UnreadItemList"];
export type WhatIf = Schemas["WhatIfAnswer"];
export type WhatIfEffect = Schemas["WhatIfEffect"];
export type Why = Schemas["Why"];
export type WhyFact = Schemas["Fact"];
export type WhyLine = Schemas["Line"];
export type Deadline = Schemas["Deadline"];
export type DeadlineReasons = Schemas["DeadlineReasons"];
export type ClaimFilters = Pick<
  NonNullable<operations["claims"]["parameters"]["query"]>,
  "state" | "account_id" | "order_id"
>;
export type InteractionFilters = Omit<
  NonNullable<operations["interaction_counts"]["parameters"]["query"]>,
  "at_least"
>;
export type InteractionOrder = NonNullable<
  NonNullable<operations["interactions"]["parameters"]["query"]>["order"]
>;
