from shop import BillingClient

from isolation import service_mock_fixture

isolated_billing_mock = service_mock_fixture(BillingClient)
