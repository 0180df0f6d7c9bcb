// What several files of this folder take and give. The names of settings are those of docs/settings.md: a misspelt one
// does not compile.

@export()
@sealed()
@description('One Custom Vision account that the app works on.')
type customVisionAccount = {
  // In requests: at most 32 of a-z, 0-9 and -.
  name: string
  // Resource id of the Custom Vision training account, which must be there and have a subdomain of its own.
  resourceId: string
}

@export()
@sealed()
type connectedAccount = {
  name: string
  resourceId: string
  endpoint: string
}

@export()
@sealed()
@description('A user-assigned identity.')
type identity = {
  resourceId: string
  principalId: string
  clientId: string
}

@export()
@sealed()
@description('Where private endpoints are put; null where there are none.')
type network = {
  appSubnet: string
  endpointSubnet: string
  blobZone: string
  queueZone: string
  tableZone: string
  vaultZone: string
}

@export()
@sealed()
@description('Application settings that may be left out; docs/settings.md says what each is then.')
type optionalSettings = {
  CUSTOM_VISION_CALLS_PER_SECOND: string?
  PICTURE_HOSTS: string?
  PICTURE_THREADS: string?
  PLAN_HOURS: string?
  APPROVAL_HOURS: string?
  EXPORT_AGE_HOURS: string?
  APPROVE_OWN_REQUESTS: string?
  DELETE_PATIENCE_SECONDS: string?
  DETAILS_DAYS: string?
  DATA_SUBJECT_DAYS: string?
  RETENTION_DAYS: string?
  RETENTION_RUNS: string?
  PUBLIC_URL: string?
  TICKET_FIELDS: string?
  JIRA_URL: string?
  JIRA_USER: string?
  SERVICENOW_URL: string?
  SERVICENOW_USER: string?
  SERVICENOW_TABLE: string?
  CALLBACK_HOSTS: string?
  OTEL_EXPORTER_OTLP_ENDPOINT: string?
}

@export()
@sealed()
@description('Secrets of ticketing systems; each may be a reference to a secret in a Key Vault.')
type optionalSecrets = {
  JIRA_WEBHOOK_SECRET: string?
  SERVICENOW_WEBHOOK_SECRET: string?
  GENERIC_WEBHOOK_SECRET: string?
  JIRA_TOKEN: string?
  SERVICENOW_PASSWORD: string?
  CALLBACK_SECRET: string?
}
