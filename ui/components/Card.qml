// A white card under things that belong together.
pragma ComponentBehavior: Bound
import QtQuick

Rectangle {
    color: Theme.card
    radius: Theme.radius
    border.color: Theme.line
    border.width: Theme.highContrast ? Math.max(2, Theme.hair) : Theme.hair
}
