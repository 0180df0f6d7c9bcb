// Logs and traces. Nothing but the app's identity writes them: the connection string alone opens nothing.

param token string
param location string
param tags object
param appPrincipalId string

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

module workspace 'br/public:avm/res/operational-insights/workspace:0.16.1' = {
  params: { name: 'log-${token}', location: location, tags: tags, dataRetention: 90 }
}

module insights 'br/public:avm/res/insights/component:0.8.0' = {
  params: {
    name: 'appi-${token}'
    location: location
    tags: tags
    workspaceResourceId: workspace.outputs.resourceId
    // Entra authentication: telemetry without a token is refused.
    disableLocalAuth: true
    disableIpMasking: false
    roleAssignments: [
      {
        principalId: appPrincipalId
        principalType: 'ServicePrincipal'
        roleDefinitionIdOrName: monitoringMetricsPublisher
      }
    ]
  }
}

output connectionString string = insights.outputs.connectionString
