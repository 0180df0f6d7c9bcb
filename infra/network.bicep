// A network with a subnet for the app and one for private endpoints, and the zones in which their names are found.

import { network as networkType } from 'types.bicep'

param token string
param location string
param tags object

@description('Addresses of the network: a /24.')
param prefix string

var storageSuffix = environment().suffixes.storage

module virtualNetwork 'br/public:avm/res/network/virtual-network:0.10.1' = {
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    addressPrefixes: [prefix]
    subnets: [
      {
        name: 'app'
        addressPrefix: cidrSubnet(prefix, 26, 0)
        // What Flex Consumption asks of its subnet.
        delegation: 'Microsoft.App/environments'
        // A Custom Vision account that is closed to the internet can let this subnet in.
        serviceEndpoints: ['Microsoft.CognitiveServices']
      }
      {
        name: 'endpoints'
        addressPrefix: cidrSubnet(prefix, 26, 1)
      }
    ]
  }
}

var zoneNames = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink.vaultcore.azure.net'
]

module zones 'br/public:avm/res/network/private-dns-zone:0.8.1' = [
  for zone in zoneNames: {
    params: {
      name: zone
      tags: tags
      virtualNetworkLinks: [{ virtualNetworkResourceId: virtualNetwork.outputs.resourceId }]
    }
  }
]

output network networkType = {
  appSubnet: virtualNetwork.outputs.subnetResourceIds[0]
  endpointSubnet: virtualNetwork.outputs.subnetResourceIds[1]
  blobZone: zones[0].outputs.resourceId
  queueZone: zones[1].outputs.resourceId
  tableZone: zones[2].outputs.resourceId
  vaultZone: zones[3].outputs.resourceId
}
