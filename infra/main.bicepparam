// Values of `azd env set NAME VALUE`. An account more is an entry more; everything else that may be chosen is in main.bicep.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

param customVisionAccounts = [
  { name: 'default', resourceId: readEnvironmentVariable('CUSTOM_VISION_RESOURCE_ID') }
]

param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
