// The buttons that lead on from a page, side by side; a closed button shows its reason.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

Row {
    id: actions
    property list<ActionPart> model
    property bool primaryLast: false
    // Three large words side by side need the room of their icons.
    readonly property bool narrow: Theme.elder && model.length > (Theme.wide ? 3 : 2)
    spacing: Theme.gap
    Repeater {
        model: actions.model
        PushButton {
            required property ActionPart modelData
            required property int index
            objectName: modelData.key
            width: (actions.width - (actions.model.length - 1) * Theme.gap) / Math.max(1, actions.model.length)
            text: modelData.title
            iconName: actions.narrow ? "" : modelData.icon
            available: modelData.enabled
            closed: modelData.closed
            primary: actions.primaryLast && index === actions.model.length - 1
            onClicked: CurrentPage.answer(modelData.key)
        }
    }
}
