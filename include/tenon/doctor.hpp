#ifndef TENON_DOCTOR_HPP
#define TENON_DOCTOR_HPP

// Examines a plugin of any language: `#include <tenon/doctor.hpp>`. For tests; a tour is in docs/testing.md.

#include <tenon/doctor/doctor.hpp>
#include <tenon/doctor/finding.hpp>

#endif
