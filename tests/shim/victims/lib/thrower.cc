// SPDX-License-Identifier: Apache-2.0
// A library with an exception of its own, for those who dlopen() it.
#include <stdexcept>

namespace plugin
{
struct Refused : std::runtime_error {
	using std::runtime_error::runtime_error;
};
}

extern "C" void refuse()
{
	throw plugin::Refused("the library refuses");
}
